import { Type } from 'typebox'

export const Health = Type.Object({ status: Type.Literal('ok'), version: Type.String() })
export const Readiness = Type.Object({
  status: Type.Enum(['ready', 'draining', 'database_unavailable']),
})
