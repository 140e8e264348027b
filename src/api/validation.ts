import type { FastifySchemaCompiler } from 'fastify'
import { IsOptional, type TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Value } from 'typebox/value'
import { Fault, type FieldProblem } from '../base/faults.ts'

/** What typebox says of one thing that is wrong. */
interface Finding {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

const namesIn = (params: object, key: string): string[] => {
  const names = (params as Readonly<Record<string, unknown>>)[key]
  return Array.isArray(names) ? names.map(String) : []
}

const pathOf = (finding: Finding): string => finding.instancePath.slice(1).replaceAll('/', '.')

const below = (finding: Finding, name: string): string => {
  const path = pathOf(finding)
  return path === '' ? name : `${path}.${name}`
}

/** Every problem with its field, in words. */
const problemsOf = (findings: readonly Finding[], part: string): FieldProblem[] =>
  findings.flatMap((finding): FieldProblem[] => {
    const { keyword, params, message } = finding
    const field = pathOf(finding) === '' ? part : pathOf(finding)
    switch (keyword) {
      case 'required':
        return namesIn(params, 'requiredProperties').map((name) => ({
          field: below(finding, name),
          message: 'is missing',
        }))
      case 'additionalProperties':
        return namesIn(params, 'additionalProperties').map((name) => ({
          field: below(finding, name),
          message: 'is not known here',
        }))
      case 'enum':
        return [{ field, message: `must be one of ${namesIn(params, 'allowedValues').join(', ')}` }]
      case 'boolean':
        // What additionalProperties says already.
        return []
      default:
        return [{ field, message }]
    }
  })

const PROBLEMS_MAX = 50

const PARTS: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'address',
  headers: 'headers',
}

/**
 * Checks by typebox. Only what stands in an address is converted, where a number can't be told from its digits;
 * nothing is ever removed or filled in.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  // Built when a request first needs it: there are hundreds, and one process needs few of them.
  let check: Validator | undefined
  const part = PARTS[httpPart ?? 'body'] ?? 'body'
  const mayLack = httpPart === 'body' && IsOptional(schema)
  return (value: unknown) => {
    if (mayLack && (value === undefined || value === null)) return { value }
    const given = httpPart === 'body' ? value : Value.Convert(schema, value)
    check ??= Compile(schema)
    if (check.Check(given)) return { value: given }
    const problems = problemsOf(check.Errors(given) as readonly Finding[], part).slice(0, PROBLEMS_MAX)
    const [first] = problems
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    return {
      error: new Fault('invalid_request', {
        message: first ? `${first.field}: ${first.message}${more}` : `${part}: of the wrong shape`,
        problems,
      }),
    }
  }
}

/** For routes whose body is described and read by other means. */
export const unchecked: FastifySchemaCompiler<unknown> = () => () => true
