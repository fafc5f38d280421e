import { CARRIER } from './presets/carrier.ts';
import { CLASSIC } from './presets/classic.ts';
import { ENTERPRISE } from './presets/enterprise.ts';
import { HOME } from './presets/home.ts';
import { IPV6 } from './presets/ipv6.ts';
import type { Preset } from './presets/preset.ts';
import { STANDARDS } from './presets/standards.ts';
import { SYSTEMS } from './presets/systems.ts';

export type { Confidence, Preset, SourcedFields } from './presets/preset.ts';

/** By name. Every field that a preset does not name has its default (RFC 4787 and 5382 compliant, no hairpin). */
export const PRESETS: Readonly<Record<string, Preset>> = {
  ...CLASSIC,
  ...STANDARDS,
  ...SYSTEMS,
  ...HOME,
  ...CARRIER,
  ...ENTERPRISE,
  ...IPV6,
};
