/** A setting of a plugin, as its class declares it under a name. The name of a duration ends in `Ms`. */
export type PluginOption = DurationOption | NumberOption | ChoiceOption;

/** Milliseconds. */
export interface DurationOption {
  readonly kind: 'duration';
  readonly min: number;
  readonly max: number;
  readonly default: number;
  /** What it decides: a phrase for people, without a full stop. */
  readonly meaning: string;
}

/** A whole number. */
export interface NumberOption {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly meaning: string;
}

export interface ChoiceOption {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
  readonly meaning: string;
}

export type PluginOptions = Readonly<Record<string, PluginOption>>;

/** A value for each option that is declared. */
export type OptionValues<Options extends PluginOptions> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly choices: readonly (infer Word)[] } ? Word : number;
};

/**
 * Fills in the defaults.
 * @throws RangeError for an option that is not declared, or a value out of its range
 */
export function completeOptions<const Options extends PluginOptions>(
  declared: Options,
  given: Readonly<Record<string, unknown>>,
): OptionValues<Options> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(declared, name)) throw new RangeError(`no option ${name}; there are ${Object.keys(declared)}`);
  }
  const entries = Object.entries(declared).map(([name, option]) => {
    const value = given[name] ?? option.default;
    if (!allows(option, value)) throw new RangeError(`option ${name} can't be ${String(value)}`);
    return [name, value];
  });
  return Object.fromEntries(entries) as OptionValues<Options>;
}

function allows(option: PluginOption, value: unknown): boolean {
  if (option.kind === 'choice') return option.choices.includes(value as string);
  return Number.isInteger(value) && (value as number) >= option.min && (value as number) <= option.max;
}
