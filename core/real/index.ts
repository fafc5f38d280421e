export { type Page, servePages } from './http-pages.ts';
export { type LookupOptions, lookupAddresses } from './lookup.ts';
export { createRealHost, type RealHostOptions } from './real-host.ts';
