/**
 * Several statements in one round trip, ended by one Sync.
 *
 * The driver's own pipelining ends each query with a Sync of its own: the server then answers each with a packet, and
 * goes on after a failure. Here the statements of one call share one Sync: one write, one answer, and after a failure
 * the server skips the rest. So a COMMIT behind a failed statement, or behind a failed BEGIN, never runs.
 *
 * Leans on internals of pg 8.23: a client hands its connection's messages to the active query's handle… methods, and
 * in pipeline mode accepts instances of its own Query only. The version is pinned; pool.test.ts covers the paths.
 * Protocol: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */

import pg from 'pg'
import { columnParser, type ParseColumn } from './column-types.ts'
import { internal, translate } from './errors.ts'
import type { Result, Row, Statement, Value } from './statement.ts'

interface Column {
  readonly name: string
  readonly parse: ParseColumn
}

interface Prepared {
  readonly text: string
  /** Known after the first execution: then the server need not describe the result again. */
  columns: readonly Column[] | undefined
}

/** What a connection knows of its server session. */
export interface Session {
  readonly prepared: Map<string, Prepared>
  /** Names whose Parse may or may not have succeeded: closed before they are prepared again. */
  readonly doubtful: Set<string>
}

export const newSession = (): Session => ({ prepared: new Map(), doubtful: new Set() })

/** The driver's connection, as far as it is used here. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  parse(message: { text: string; name: string; types: undefined }): void
  bind(message: { portal: string; statement: string; values: readonly (string | Buffer | null)[] }): void
  describe(message: { type: 'P'; name: string }): void
  execute(message: { portal: string; rows: undefined }): void
  close(message: { type: 'S'; name: string }): void
  sync(): void
}

const encode = (value: Value): string | Buffer | null => {
  if (value === null || typeof value === 'string') return value
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object') return String(value)
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

export interface PipelineOptions {
  readonly session: Session
  readonly statements: readonly Statement[]
  readonly resolve: (results: Result[]) => void
  readonly reject: (error: Error) => void
}

const NO_COLUMNS: readonly Column[] = []

export class Pipeline {
  readonly #options: PipelineOptions
  readonly #results: Result[] = []
  readonly #parsedHere = new Set<number>()
  #columns: readonly Column[] | undefined
  #rows: Row[] = []
  #refused: Error | undefined

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  /** Called by the client when it writes. Returns an error instead of writing half a pipeline. */
  submit(wire: Wire): Error | null {
    const { session, statements } = this.#options
    const values: (string | Buffer | null)[][] = []
    for (const { name, text, values: given } of statements) {
      const known = name === undefined ? undefined : session.prepared.get(name)
      if (known !== undefined && known.text !== text) return internal(`two texts under one statement name: ${name}`)
      try {
        values.push((given ?? []).map(encode))
      } catch (error) {
        return internal(`a value of ${name ?? 'a statement'} cannot be sent`, error)
      }
    }
    wire.stream.cork()
    try {
      for (const [index, statement] of statements.entries()) this.#write(wire, index, statement, values[index] ?? [])
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
    return null
  }

  #write(wire: Wire, index: number, { name, text }: Statement, values: readonly (string | Buffer | null)[]): void {
    const { prepared, doubtful } = this.#options.session
    let known = name === undefined ? undefined : prepared.get(name)
    if (known === undefined) {
      if (name !== undefined) {
        if (doubtful.delete(name)) wire.close({ type: 'S', name })
        known = { text, columns: undefined }
        prepared.set(name, known)
      }
      this.#parsedHere.add(index)
      wire.parse({ text, name: name ?? '', types: undefined })
    }
    wire.bind({ portal: '', statement: name ?? '', values })
    if (known?.columns === undefined) wire.describe({ type: 'P', name: '' })
    wire.execute({ portal: '', rows: undefined })
  }

  #current(): { name: string | undefined; prepared: Prepared | undefined } {
    const name = this.#options.statements[this.#results.length]?.name
    return { name, prepared: name === undefined ? undefined : this.#options.session.prepared.get(name) }
  }

  handleRowDescription(message: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#columns = message.fields.map(({ name, dataTypeID }) => ({ name, parse: columnParser(dataTypeID) }))
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    if (this.#refused !== undefined) return
    const columns = this.#columns ?? this.#current().prepared?.columns ?? NO_COLUMNS
    const row: Row = {}
    try {
      for (let index = 0; index < columns.length; index += 1) {
        const column = columns[index]
        const text = message.fields[index]
        if (column !== undefined) row[column.name] = text === null || text === undefined ? null : column.parse(text)
      }
    } catch (error) {
      this.#refused = internal('a column could not be read', error)
    }
    this.#rows.push(row)
  }

  handleCommandComplete(message: { text: string }): void {
    const { prepared } = this.#current()
    if (prepared !== undefined && prepared.columns === undefined) prepared.columns = this.#columns ?? NO_COLUMNS
    this.#results.push({ rows: this.#rows, tag: message.text })
    this.#rows = []
    this.#columns = undefined
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  /** From the server, or from a lost connection; nothing more comes for this pipeline. */
  handleError(error: unknown): void {
    const { session, statements } = this.#options
    const failedAt = this.#results.length
    const failed = statements[failedAt]
    for (const index of this.#parsedHere) {
      const name = statements[index]?.name
      if (index >= failedAt && name !== undefined) forget(session, name)
    }
    const state = (error as { code?: unknown } | null)?.code
    if ((state === '0A000' || state === '26000') && failed?.name !== undefined) forget(session, failed.name)
    const inCommit = statements.slice(failedAt).some(({ text }) => text === 'COMMIT')
    this.#options.reject(translate(error, { statement: failed?.name, outcomeUnknown: inCommit }))
  }

  handleReadyForQuery(): void {
    if (this.#refused === undefined) this.#options.resolve(this.#results)
    else this.#options.reject(this.#refused)
  }

  handlePortalSuspended(): void {}
  handleCopyData(): void {}

  handleCopyInResponse(wire: { sendCopyFail(text: string): void }): void {
    wire.sendCopyFail('COPY is not supported here')
  }
}

const forget = ({ prepared, doubtful }: Session, name: string): void => {
  prepared.delete(name)
  doubtful.add(name)
}

// The client asks `instanceof Query`; running that constructor (copying the options, an emitter and a result object
// per query) would cost more than the rest of a small statement.
Object.setPrototypeOf(Pipeline.prototype, pg.Query.prototype)
