import { describe, expect, it } from 'vitest';
import type { Plugin } from './plugin.ts';
import { completeOptions, type PluginOptions } from './plugin-options.ts';
import { PluginRegistry } from './registry.ts';

const OPTIONS = {
  gapMs: { kind: 'duration', min: 0, max: 1000, default: 100, meaning: 'how long it waits' },
  tries: { kind: 'number', min: 1, max: 9, default: 3, meaning: 'how often it tries' },
  order: { kind: 'choice', choices: ['up', 'down'], default: 'up', meaning: 'which way it goes' },
} as const satisfies PluginOptions;

describe('completeOptions', () => {
  it('fills in the defaults', () => {
    expect(completeOptions(OPTIONS, {})).toEqual({ gapMs: 100, tries: 3, order: 'up' });
    expect(completeOptions(OPTIONS, { tries: 1, order: 'down' })).toEqual({ gapMs: 100, tries: 1, order: 'down' });
  });

  it.each([
    [{ gap: 1 }],
    [{ toString: 1 }],
    [{ gapMs: -1 }],
    [{ gapMs: 1001 }],
    [{ gapMs: 0.5 }],
    [{ gapMs: '5ms' }],
    [{ tries: Number.NaN }],
    [{ order: 'left' }],
    [{ order: 0 }],
  ])('refuses %j', (given: Record<string, unknown>) => {
    expect(() => completeOptions(OPTIONS, given)).toThrow(RangeError);
  });
});

describe('PluginRegistry', () => {
  class Patient implements Plugin {
    static readonly options = OPTIONS;
    readonly name = 'patient';
    readonly path = 'direct';
    readonly settings: unknown;
    constructor(options: Partial<Record<keyof typeof OPTIONS, unknown>> = {}) {
      this.settings = completeOptions(OPTIONS, options);
    }
    plan() {
      return { applicable: false, reason: 'never' } as const;
    }
    attempt() {
      return Promise.reject(new Error('never'));
    }
  }

  it('makes a plugin with other options, and leaves the registered one as it is', () => {
    const registry = new PluginRegistry();
    registry.addClass(Patient);
    expect(registry.optionsOf('patient')).toBe(OPTIONS);
    expect(registry.configure('patient', { tries: 9 })).toMatchObject({ name: 'patient', settings: { tries: 9 } });
    expect(registry.get('patient')).toMatchObject({ settings: { tries: 3 } });
    expect(registry.configure('patient', {})).toBe(registry.get('patient'));
    expect(() => registry.configure('patient', { hurry: 1 })).toThrow('patient: no option hurry');
    expect(() => registry.configure('nobody', {})).toThrow('no plugin named nobody');
  });

  it('knows no options of a plugin that was made elsewhere', () => {
    const registry = new PluginRegistry();
    registry.add(new Patient({ tries: 5 }));
    expect(registry.optionsOf('patient')).toEqual({});
    expect(() => registry.configure('patient', { tries: 1 })).toThrow('patient takes no options');
  });
});
