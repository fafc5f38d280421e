/** What happened, for people who watch or debug a run. Nothing in the engine depends on it. */
export interface Events {
  emit(name: string, detail?: Readonly<Record<string, string | number | boolean>>): void;
}
