import { Type } from 'typebox'
import { Closed, Duration, TemplateText, Text } from '../kit/config-parts.ts'
import { listed, listedValues, Match, matchPaths } from '../kit/listed.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { ask, type RequestInput } from '../kit/requests.ts'
import { type Compiler, defineStep, type LeadView, next, reject, skip } from '../kit/step.ts'
import { titled } from '../kit/values.ts'

interface Config {
  readonly lists: readonly string[]
  readonly match: readonly (string | readonly string[])[]
  readonly within?: string
}

const lookUpOf = (config: Config, compiler: Compiler): ((lead: LeadView) => RequestInput<'suppression.lookup'>) => {
  const withinMs = config.within === undefined ? null : compiler.durationMs(config.within)
  return (lead) => ({
    lists: config.lists,
    values: listedValues(lead, config.match),
    ...(withinMs !== null && { withinMs }),
  })
}

export const suppress = defineStep({
  type: 'suppress',
  summary:
    'Turns away a lead whose phone, email, email domain or other field stands on a suppression list. ' +
    'Values are compared in their normal form, however they were written.',
  event: 'suppression.checked',
  revision: 1,
  config: Closed({
    lists: Type.Array(Text('Name of a list.'), {
      minItems: 1,
      uniqueItems: true,
      description: 'Lists to look in; the first that holds a value gives the reason.',
    }),
    match: Match,
    within: Type.Optional(Duration('Entries added longer ago than this count for nothing; without it, all count.')),
    found: Type.Optional(
      Type.Enum(['reject', 'flag'], {
        default: 'reject',
        description:
          'Turn the lead away, or let it go on: the step then ends as a failure, which later rules may ask for.',
      }),
    ),
    reason: Type.Optional(
      TemplateText('The reason given. It may use `field`, `list` and `label`: what was found, and where.'),
    ),
  }),
  references: {
    parts: matchPaths('match'),
    durations: ['within'],
    templates: ['reason'],
    templateNames: ['field', 'list', 'label'],
  },
  example: { lists: ['dnc', 'customers'], match: ['phone', 'email'] },
  foresee: (config, compiler) => {
    const inputOf = lookUpOf(config, compiler)
    return (lead) => {
      const input = inputOf(lead)
      const { values } = input
      return values.length === 0 ? null : { kind: 'suppression.lookup', name: 'suppression.lookup', input }
    }
  },
  create: (config, compiler) => {
    const template = config.reason === undefined ? null : compiler.template(config.reason)
    const inputOf = lookUpOf(config, compiler)
    return function* suppress(lead) {
      const input = inputOf(lead)
      const { values } = input
      if (values.length === 0) return skip({ note: { values: 0 } })
      const hit = yield* ask('suppression.lookup', input)
      if (!hit.found) return next({ note: { values: values.length } })
      const { field, list, label, addedAt } = hit
      const reason = reasonFrom({
        template,
        lead,
        more: { field, list, label },
        otherwise: `${titled(field)} on ${listed(label)}`,
      })
      const lists = [...new Set(hit.hits?.map((each) => each.list) ?? [list])]
      const seen = { rule: list, note: { list, field, added_at: addedAt, ...(lists.length > 1 && { lists }) } }
      if (config.found === 'flag') return { kind: 'next', outcome: 'failure', ...seen }
      return reject('suppressed', reason, seen)
    }
  },
})
