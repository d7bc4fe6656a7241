const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** What draws. Not among them: script, foreignObject, animation, links, and what loads from elsewhere. */
export const ELEMENTS = words(`
  svg g defs symbol use title desc style
  path rect circle ellipse line polyline polygon text tspan textPath image marker mask clipPath pattern
  linearGradient radialGradient stop
  filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
  feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology
  feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence
`);

/** Taken away themselves, while what they hold stays. */
export const UNWRAPPED = words('a switch');

/** Attributes without a namespace; `href` and `style` are looked at more closely. */
export const ATTRIBUTES = words(`
  id class style href role aria-label aria-hidden lang tabindex version
  x y x1 x2 y1 y2 cx cy dx dy r rx ry fx fy fr width height d points viewBox preserveAspectRatio transform
  transform-origin pathLength rotate textLength lengthAdjust startOffset method spacing
  offset gradientUnits gradientTransform spreadMethod patternUnits patternContentUnits patternTransform
  markerUnits markerWidth markerHeight refX refY orient clipPathUnits maskUnits maskContentUnits mask-type
  fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit
  stroke-dasharray stroke-dashoffset vector-effect paint-order color opacity stop-color stop-opacity
  clip clip-path clip-rule mask filter marker marker-start marker-mid marker-end
  display visibility overflow color-interpolation color-interpolation-filters color-rendering image-rendering
  shape-rendering text-rendering mix-blend-mode isolation flood-color flood-opacity lighting-color enable-background
  font font-family font-size font-size-adjust font-stretch font-style font-variant font-weight text-anchor
  text-decoration alignment-baseline baseline-shift dominant-baseline direction letter-spacing word-spacing
  writing-mode unicode-bidi kerning
  filterUnits primitiveUnits in in2 result mode type values tableValues slope intercept amplitude exponent operator
  k1 k2 k3 k4 order kernelMatrix divisor bias targetX targetY edgeMode kernelUnitLength preserveAlpha surfaceScale
  specularConstant specularExponent diffuseConstant scale xChannelSelector yChannelSelector azimuth elevation z
  pointsAtX pointsAtY pointsAtZ limitingConeAngle stdDeviation radius baseFrequency numOctaves seed stitchTiles
`);

const LOCAL_REFERENCE = /^#[A-Za-z_][\w:.-]*$/;
const EMBEDDED_RASTER = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$/;
const LOCAL_URL = /url\(\s*(['"]?)#[A-Za-z_][\w:.-]*\1\s*\)/gi;
// Whatever could load something, run something, or be spelt so that the rest of this is not seen.
const RISKY_CSS =
  /[\\@<]|url\s*\(|src\s*\(|image\s*\(|image-set|element\s*\(|expression|script|behavio|binding|data:|import/i;

/** Whether an attribute's value neither loads nor runs anything. */
export function isHarmless(element: string, attribute: string, value: string): boolean {
  if (attribute === 'href') {
    const reference = value.trim();
    return LOCAL_REFERENCE.test(reference) || (element === 'image' && EMBEDDED_RASTER.test(reference));
  }
  if (attribute === 'id') return LOCAL_REFERENCE.test(`#${value}`);
  if (attribute === 'aria-label') return true;
  return isHarmlessCss(value);
}

/** Whether a style, or a part of one, refers to nothing but the image's own parts. */
export function isHarmlessCss(text: string): boolean {
  return !RISKY_CSS.test(text.replace(LOCAL_URL, ''));
}
