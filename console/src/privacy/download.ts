import type { Address } from '../../../src/client/client.ts'
import { send } from '../api/client.ts'

/** Saves what the server answers as a file. */
export const download = async (path: Address, query: Readonly<Record<string, string>>, name: string): Promise<void> => {
  const answer = await send(path, { query })
  const url = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
