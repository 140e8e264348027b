import { localStorageColorSchemeManager } from '@mantine/core'

/** Dark, light or as the system says; public/theme.js reads the same key before anything is drawn. */
export const schemes = localStorageColorSchemeManager({ key: 'millrace.scheme' })
