import type { ComponentType } from 'preact';
import type { Box } from '../layout.ts';
import type { PictureView } from '../view.ts';

/** An affinity's rule as a picture, drawn into `box` (about 124 × 162 px) of the proxy. */
export type Rule = ComponentType<RuleProps>;

export interface RuleProps {
  box: Box;
  view: PictureView;
}
