import { describe, expect, it } from 'vitest';
import { lookupAddresses } from './lookup.ts';

describe('lookup', () => {
  it('takes an address for itself, in canonical form', async () => {
    expect(await lookupAddresses('192.0.2.1')).toEqual(['192.0.2.1']);
    expect(await lookupAddresses('2001:DB8:0::1')).toEqual(['2001:db8::1']);
  });

  it('asks the system for names', async () => {
    expect(await lookupAddresses('localhost', { family: 4 })).toEqual(['127.0.0.1']);
  });

  it('says which name has no address', async () => {
    const nowhere = lookupAddresses('nowhere.invalid');
    await expect(nowhere).rejects.toMatchObject({ code: 'EHOSTUNREACH', message: expect.stringContaining('nowhere') });
    await expect(lookupAddresses('192.0.2.1', { family: 6 })).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });
});
