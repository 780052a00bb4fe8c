export { renderReference } from './reference/render-reference.ts';
