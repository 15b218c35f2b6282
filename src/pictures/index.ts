/** Everything that is drawn: grids of samples, curves, bars, maps, tables, as PNG and SVG, and the report of a run. */

export type { Points } from '../data/index.js';
export { type AnimationOptions, encodeApng } from './apng.js';
export { type BarsOptions, bars } from './bars.js';
export { cloudSides, cloudsAtAnAngle } from './cloudSides.js';
export { type ColumnHistogramsOptions, columnHistograms } from './columnHistograms.js';
export { type ColumnPairsOptions, columnPairs, MOST_PAIRED_COLUMNS } from './columnPairs.js';
export { type ColumnReconstructionsOptions, columnReconstructions } from './columnReconstructions.js';
export { type DetectionFigureOptions, detectionFigure, type NamedScores } from './detection.js';
export { type FilterGridOptions, type Filters, filterGrid } from './filterGrid.js';
export { Image } from './image.js';
export {
  type CodebookGridOptions,
  codebookGrid,
  type IndexMap,
  type IndexMapsGridOptions,
  indexMapsGrid,
} from './indexMaps.js';
export {
  type LatentMapOptions,
  type LatentMapsOptions,
  latentMap,
  latentMaps,
  type NamedCodes,
} from './latentMap.js';
export type { PointColors } from './legend.js';
export { type LossCurvesOptions, type LossTerm, lossCurves } from './lossCurves.js';
export { type OverviewOptions, overview, type TilesOptions } from './overview.js';
export { imagesOf, type Pictures, picturesOf } from './pictures.js';
export type { Series } from './plot.js';
export { encodePng, type PngOptions } from './png.js';
export { type RasterOptions, toPng } from './raster.js';
export { type RateDistortionFigureOptions, rateDistortionFigure } from './rateDistortion.js';
export { type Fact, type LatentRow, type Report, type ReportPicture, reportHtml } from './report.js';
export {
  type DenoisingGridOptions,
  denoisingGrid,
  type EditGridOptions,
  editGrid,
  type ImputationGridOptions,
  type InterpolationGridOptions,
  imputationGrid,
  interpolationGrid,
  type ManifoldGridOptions,
  manifoldGrid,
  type ReconstructionGridOptions,
  type RollOutGridOptions,
  reconstructionGrid,
  rollOutGrid,
  type SamplesGridOptions,
  samplesGrid,
  type TraversalGridOptions,
  type TraversedDimension,
  traversalGrid,
} from './sampleGrids.js';
export { sparklines } from './sparklines.js';
export { stripsOf } from './strip.js';
export type { Figure } from './surface.js';
export { toSvg } from './svg.js';
export type { TableRows } from './tableColumns.js';
export { formatNumber } from './typesetting.js';
