import { expect } from 'vitest'
import type { TestApi } from './api.ts'

/** Figures stop before the oldest transaction still open on the server, and other tests have some of their own. */
export const folded = (api: TestApi): Promise<void> =>
  expect
    .poll(async () => {
      await api.home.house.figures.now()
      const [left] = await api.home.inspect<{ n: number }>(
        `select count(*)::integer as n from millrace.lead_change c, millrace.figure_mark m where c.tx >= m.tx`,
      )
      return left?.n
    })
    .toBe(0)
