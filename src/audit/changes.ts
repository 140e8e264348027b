import { AsyncLocalStorage } from 'node:async_hooks'
import { type Database, type Row, type Statement, sqlState, type Tx } from '../database/pool.ts'
import type { Audit } from './audit.ts'
import type { AuditEntry } from './types.ts'

/**
 * A change and its entry stand or fall together: whoever makes a change within a **course** has its entry written at the
 * end of the first transaction that writes rows of that tenant. So no crash leaves a change that nobody is known to have
 * made. What a course does after that (a second transaction) is covered by the same entry.
 */
export interface Course {
  readonly tenantId: string
  /** Asked for when the transaction is about to commit. */
  readonly entry: () => AuditEntry
  isWritten: boolean
}

const courses = new AsyncLocalStorage<readonly Course[]>()

/** Everything that `run` starts belongs to the course, and to those that it began in. */
export const inCourse = <T>(course: Course, run: () => T): T =>
  courses.run([...(courses.getStore() ?? []), course], run)

const WRITES =
  /^\s*(?:insert|update|delete|merge)\b|^\s*with\b[\s\S]*\b(?:insert\s+into|delete\s+from|update\s+millrace)\b/i
const COMMENT = /--.*$/gm
const INNERMOST = /\([^()]*\)/g
const VERB = /\b(?:insert|update|delete|merge|select)\b/i
const TRIES = 5

const withoutParentheses = (text: string): string => {
  const less = text.replaceAll(INNERMOST, '')
  return less === text ? text : withoutParentheses(less)
}

/** Whether its rows are those that it wrote: what stands in a `with` returns none to us. */
const tells = (text: string): boolean => {
  const outer = withoutParentheses(text.replaceAll(COMMENT, ''))
  return /\breturning\b/i.test(outer) || VERB.exec(outer)?.[0].toLowerCase() === 'select'
}

/** Whether it wrote; of one that tells no rows it is taken to. One that was asked to and met nothing changed nothing. */
const wrote = ({ text }: Statement, rows: readonly Row[]): boolean =>
  WRITES.test(text) && (rows.length > 0 || !tells(text))

/** The database for whoever makes changes that people ask for. Outside of a course it is the one it was handed. */
export const recordChanges = (database: Database, audit: Pick<Audit, 'recordIn'>): Database => {
  const pending = (tenantIds: readonly string[]): readonly Course[] =>
    (courses.getStore() ?? []).filter(({ isWritten, tenantId }) => !isWritten && tenantIds.includes(tenantId))

  const transaction: Database['transaction'] = async (tenantIds, run) => {
    const under = pending(tenantIds)
    if (under.length === 0) return database.transaction(tenantIds, run)
    let recorded: readonly Course[] = []
    const value = await database.transaction(tenantIds, async (tx) => {
      let isChange = false
      const seen = (statement: Statement, rows: readonly Row[]): void => {
        isChange ||= wrote(statement, rows)
      }
      const watched: Tx = {
        query: async <T extends object = Row>(statement: Statement) => {
          const rows = await tx.query<T>(statement)
          seen(statement, rows as Row[])
          return rows
        },
        all: async (statements) => {
          const results = await tx.all(statements)
          for (const [at, statement] of statements.entries()) seen(statement, results[at] ?? [])
          return results
        },
      }
      const made = await run(watched)
      recorded = isChange ? under.filter(({ isWritten }) => !isWritten) : []
      await audit.recordIn(
        tx,
        recorded.map(({ entry }) => entry()),
      )
      return made
    })
    for (const course of recorded) course.isWritten = true
    return value
  }

  const batch: Database['batch'] = async (tenantIds, statements) => {
    if (pending(tenantIds).length === 0 || !statements.some(({ text }) => WRITES.test(text)))
      return database.batch(tenantIds, statements)
    for (let tries = 1; ; tries += 1) {
      try {
        return await transaction(tenantIds, (tx) => tx.all(statements))
      } catch (error) {
        // The entry waits for the end of the tenant's chain, which somebody else may hold and wait for these rows.
        if (sqlState(error) !== '40P01' || tries === TRIES) throw error
      }
    }
  }

  return { ...database, transaction, batch }
}
