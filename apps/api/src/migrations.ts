export { migrations } from '#libs/product';
