/** What `lab list` can list. */
export const LISTS = ['nats', 'links', 'plugins', 'populations', 'scenarios'] as const;
