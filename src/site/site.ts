import type { Build } from './build.ts'
import { createSiteFiles, type SiteFile } from './files.ts'

/** The console as the server hands it out: being built, ready, broken, or left out. */
export interface Site {
  state(): 'building' | 'ready' | 'failed' | 'off'
  file(path: string): SiteFile | null
  stop(): Promise<void>
}

export const siteOff: Site = { state: () => 'off', file: () => null, stop: async () => undefined }

/** Begins the build and is there at once; `onFailed` hears why there will be none. */
export const createSite = (options: {
  readonly build: () => Build
  readonly onReady?: () => void
  readonly onFailed: (why: Error) => void
}): Site => {
  let state: 'building' | 'ready' | 'failed' = 'building'
  let files: ReturnType<typeof createSiteFiles> | null = null
  let build: Build | null = null
  const fail = (error: unknown): void => {
    state = 'failed'
    options.onFailed(error instanceof Error ? error : new Error(String(error)))
  }
  try {
    build = options.build()
    build.done.then((folder) => {
      if (folder === null) return
      files = createSiteFiles(folder)
      state = 'ready'
      options.onReady?.()
    }, fail)
  } catch (error) {
    fail(error)
  }
  return {
    state: () => state,
    file: (path) => files?.file(path) ?? null,
    stop: async () => build?.stop(),
  }
}
