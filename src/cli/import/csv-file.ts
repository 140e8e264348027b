import { type FileHandle, open } from 'node:fs/promises'
import { Fault } from '../../base/faults.ts'

/** A CSV file as UTF-8 bytes, whatever it is stored in. */
export interface CsvFile extends Pick<FileHandle, 'read' | 'close'> {
  stat(): Promise<{ readonly size: number; readonly mtimeMs: number; isFile(): boolean }>
}

/** Meta's exports and Excel's "Unicode text" are UTF-16. Such a file is held in memory as a whole. */
const UTF16_BYTES_MAX = 256 * 1024 * 1024

const utf16Of = (start: Buffer): 'utf-16le' | 'utf-16be' | null => {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : null
}

const decoded = (handle: FileHandle, bytes: Buffer): CsvFile => ({
  read: (async (buffer: Buffer, offset: number, length: number, position: number) => ({
    bytesRead: bytes.copy(buffer, offset, position, position + length),
    buffer,
  })) as unknown as FileHandle['read'],
  stat: async () => {
    const stat = await handle.stat()
    return { size: bytes.length, mtimeMs: stat.mtimeMs, isFile: () => stat.isFile() }
  },
  close: () => handle.close(),
})

/** Opens a file to be read as CSV. The caller closes it. Throws Fault `invalid_request` where it is no file. */
export const openCsv = async (file: string): Promise<CsvFile> => {
  const handle = await open(file, 'r')
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Fault('invalid_request', { message: `${file} is no file` })
    const start = Buffer.alloc(2)
    await handle.read(start, 0, 2, 0)
    const encoding = utf16Of(start)
    if (encoding === null) return handle
    if (stat.size > UTF16_BYTES_MAX)
      throw new Fault('invalid_request', {
        message: `${file} is UTF-16 text of more than ${UTF16_BYTES_MAX / 1024 / 1024} MB: save it as CSV in UTF-8`,
      })
    return decoded(handle, Buffer.from(new TextDecoder(encoding).decode(await handle.readFile()), 'utf8'))
  } catch (error) {
    await handle.close()
    throw error
  }
}
