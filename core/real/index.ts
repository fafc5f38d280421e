export { createRealHost, type RealHostOptions } from './real-host.ts';
