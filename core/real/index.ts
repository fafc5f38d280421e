/**
 * A {@link createRealHost | Host} over the sockets of the system, and where keys and names are kept on disk.
 *
 * @packageDocumentation
 */
import './nat-upnp.ts';

export { FileJournal } from './file-journal.ts';
export { type Page, servePages } from './http-pages.ts';
export {
  type KeyFileOptions,
  loadIdentity,
  loadOrCreateIdentity,
  type SaveKeyOptions,
  saveIdentity,
} from './key-file.ts';
export { KeyFileError, type KeyFileErrorCode } from './key-file-error.ts';
export { type LookupOptions, lookupAddresses } from './lookup.ts';
export { createRealHost, type RealHostOptions } from './real-host.ts';
