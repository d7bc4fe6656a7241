import { authDefinitions } from '#libs/auth';
import { catalogDefinitions } from '#libs/catalog';
import { emailDefinitions } from '#libs/email';
import { GraphModel } from '#libs/graph';
import { scoringDefinitions } from '#libs/scoring';
import { uploadDefinitions } from '#libs/uploads';

const DEFINITIONS = [
  ...catalogDefinitions,
  ...authDefinitions,
  ...emailDefinitions,
  ...scoringDefinitions,
  ...uploadDefinitions,
];

/** A model with every label of the product. A new one each time: plugins add labels to it while it runs. */
export function productModel(): GraphModel {
  return new GraphModel(DEFINITIONS);
}
