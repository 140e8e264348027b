/**
 * The erasure ledger: a file outside of the database that remembers who must stay erased, so that a restored backup
 * forgets them again. A line is written, and on the disk, before the first key is destroyed.
 *
 * One JSON document a line, each signed, each holding the hash of the line before: a line that was changed, or taken out
 * of the middle, shows. It names nobody: persons are the keyed hashes that the database knows them by.
 */
import { createHash, sign, verify } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Fault } from '../base/faults.ts'
import type { SigningKey } from '../journal/anchors.ts'

export interface LedgerEntry {
  readonly tenantId: string
  readonly requestId: string
  /** ms since 1970 */
  readonly at: number
  /** `person`: all leads with one of the keys, those to come included. `lead`: only those named. */
  readonly scope: 'person' | 'lead'
  readonly keys: readonly bigint[]
  readonly leads: readonly string[]
}

export interface Ledger {
  readonly file: string
  /** All entries of this installation. Throws Fault `setting_invalid` where the file is not what was signed. */
  read(): LedgerEntry[]
  append(entry: LedgerEntry): void
}

interface Line {
  readonly v: 1
  readonly installation: string
  readonly tenant: string
  readonly request: string
  readonly at: string
  readonly scope: 'person' | 'lead'
  readonly keys: readonly string[]
  readonly leads: readonly string[]
  readonly previous: string
  readonly signature: string
}

const FIRST = '0'.repeat(64)

const hashOf = (line: string): string => createHash('sha256').update(line).digest('hex')

const signedPart = (line: Omit<Line, 'signature'>): Buffer =>
  Buffer.from(
    `millrace erasure 1|${JSON.stringify([line.installation, line.tenant, line.request, line.at, line.scope, line.keys, line.leads, line.previous])}`,
  )

const entryOf = (line: Line): LedgerEntry => ({
  tenantId: line.tenant,
  requestId: line.request,
  at: Date.parse(line.at),
  scope: line.scope,
  keys: line.keys.map(BigInt),
  leads: line.leads,
})

/** `key` signs; its public half, shortened, names the installation that wrote a line. */
export const createLedger = (options: { readonly file: string; readonly key: SigningKey }): Ledger => {
  const { file, key } = options
  const installation = hashOf(key.public.export({ type: 'spki', format: 'der' }).toString('hex')).slice(0, 16)

  /** Whole lines, and how many bytes they take: what a crash left of a last one is not counted. */
  const linesOf = (): { lines: string[]; bytes: number } => {
    if (!existsSync(file)) return { lines: [], bytes: 0 }
    const text = readFileSync(file, 'utf8')
    const end = text.lastIndexOf('\n') + 1
    const whole = text.slice(0, end)
    return { lines: whole.split('\n').filter((line) => line !== ''), bytes: Buffer.byteLength(whole) }
  }

  const refuse = (number: number, why: string): Fault =>
    new Fault('setting_invalid', {
      message: `ERASURE_LEDGER: ${file}, line ${number}: ${why}. Put back a copy that is whole; without it, erased persons may come back.`,
    })

  return {
    file,
    read: () => {
      const entries: LedgerEntry[] = []
      let previous = FIRST
      for (const [index, text] of linesOf().lines.entries()) {
        let line: Line
        try {
          line = JSON.parse(text) as Line
        } catch {
          throw refuse(index + 1, 'is no line of a ledger')
        }
        if (line.previous !== previous) throw refuse(index + 1, 'does not follow the line before it')
        previous = hashOf(text)
        // Of another installation that used this folder before: none of its tenants is here.
        if (line.installation !== installation) continue
        const { signature, ...rest } = line
        if (!verify(null, signedPart(rest), key.public, Buffer.from(signature, 'base64')))
          throw refuse(index + 1, 'is not what was signed')
        entries.push(entryOf(line))
      }
      return entries
    },
    append: (entry) => {
      mkdirSync(dirname(file), { recursive: true })
      const { lines, bytes } = linesOf()
      const last = lines.at(-1)
      const rest: Omit<Line, 'signature'> = {
        v: 1,
        installation,
        tenant: entry.tenantId,
        request: entry.requestId,
        at: new Date(entry.at).toISOString(),
        scope: entry.scope,
        keys: entry.keys.map(String),
        leads: entry.leads,
        previous: last === undefined ? FIRST : hashOf(last),
      }
      const line = JSON.stringify({ ...rest, signature: sign(null, signedPart(rest), key.secret).toString('base64') })
      const handle = openSync(file, existsSync(file) ? 'r+' : 'w', 0o600)
      try {
        ftruncateSync(handle, bytes)
        writeSync(handle, `${line}\n`, bytes)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
    },
  }
}
