/** What `lab list` can list. */
export const LISTS = ['nats', 'plugins', 'scenarios'] as const;
