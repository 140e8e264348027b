/** What is asked of the database, and how a session of ours answers. */

/** A parameter. Bytes go in binary form, all else as text; arrays come from `arrays.ts`. */
export type Value = string | number | bigint | boolean | Date | Uint8Array | null

export interface Statement {
  /**
   * Prepared once per connection under this name. One name stands for one text, always: a different text under a
   * known name is refused. Leave it out only for text that changes from call to call.
   */
  readonly name?: string | undefined
  readonly text: string
  readonly values?: readonly Value[] | undefined
}

/** One row: int8 as number, timestamptz as milliseconds since 1970, bytea as Buffer, numeric and date as text. */
export type Row = Record<string, unknown>

export interface Result {
  readonly rows: Row[]
  /** The server's own word for what was done: `INSERT 0 3`, `COMMIT`. */
  readonly tag: string
}

/** How to reach a server: a URL, or its parts (host may be the folder of a Unix socket). */
export type Connection =
  | { readonly connectionString: string }
  | {
      readonly host: string
      readonly port: number
      readonly user: string
      readonly password?: string
      readonly database: string
    }

/** The part of a logger this room needs; pino is one. Fields never hold values of statements. */
export interface Log {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}
