import { fileURLToPath } from 'node:url'
import { buildConsole } from './build.ts'
import { createSite, type Site, siteOff } from './site.ts'

const FOLDER = fileURLToPath(new URL('../../console', import.meta.url))

/** The console of this program. */
export const openSite = (options: { readonly isOn: boolean; readonly onFailed: (why: Error) => void }): Site =>
  options.isOn ? createSite({ build: () => buildConsole(FOLDER), onFailed: options.onFailed }) : siteOff
