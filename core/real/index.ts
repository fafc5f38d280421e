export { type LookupOptions, lookupAddresses } from './lookup.ts';
export { createRealHost, type RealHostOptions } from './real-host.ts';
