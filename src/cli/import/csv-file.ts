import { type FileHandle, open } from 'node:fs/promises'
import { Fault } from '../../base/faults.ts'
import type { ByteSource } from '../../ingest/csv-rows.ts'
import { decodedSource, detectEncoding, type Encoding, readEncoding } from './encoding.ts'

/** A CSV file as UTF-8 bytes, whatever it is stored in. */
export interface CsvFile extends ByteSource {
  readonly encoding: Encoding
  /** `size`: of the text as UTF-8. */
  stat(): Promise<{ readonly size: number; readonly mtimeMs: number }>
  close(): Promise<void>
}

const decoded = async (handle: FileHandle, encoding: Encoding): Promise<CsvFile> => {
  const { size: before } = await handle.stat()
  const source = decodedSource(handle, encoding)
  return {
    encoding,
    read: source.read,
    stat: async () => {
      const { size, mtimeMs } = await handle.stat()
      // Where the file has grown, so has what is in it: by how much is nobody's question.
      return { size: (await source.size()) + (size - before), mtimeMs }
    },
    close: () => handle.close(),
  }
}

/** Opens a file to be read as CSV. The caller closes it. Throws Fault `invalid_request` where it is no file. */
export const openCsv = async (file: string, encoding?: string): Promise<CsvFile> => {
  const asked = encoding === undefined ? null : readEncoding(encoding)
  const handle = await open(file, 'r')
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Fault('invalid_request', { message: `${file} is no file` })
    const name = asked ?? (await detectEncoding(handle))
    if (name !== 'utf-8') return await decoded(handle, name)
    return {
      encoding: name,
      read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
      stat: () => handle.stat(),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** For people, where it is worth a word. */
export const encodingLine = ({ encoding }: Pick<CsvFile, 'encoding'>): string =>
  encoding === 'utf-8' ? '' : `Read as ${encoding}. If letters come out wrong, say --encoding with the right one.\n`
