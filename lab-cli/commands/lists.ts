/** What `lab list` can list. */
export const LISTS = ['nats', 'links', 'plugins', 'scenarios'] as const;
