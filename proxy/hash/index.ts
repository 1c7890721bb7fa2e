import type { SettingValue } from '../contract.ts';
import type { Hash } from './hash.ts';
import { modulo } from './modulo.ts';
import { rendezvous } from './rendezvous.ts';

/** The one table of hashes. A new one is a file beside these, a line here and a value in the contract. */
export const HASHES: Record<SettingValue<'hash'>, Hash> = { rendezvous, modulo };
