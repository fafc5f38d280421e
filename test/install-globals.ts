import { installGlobals } from '../simulator/world/globals.ts';

installGlobals();
