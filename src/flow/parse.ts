/** From the text of a flow to a checked document, with everything that is wrong in it. */
import { isFault } from '../base/faults.ts'
import type { FieldType, Json } from '../kit/field.ts'
import type { FlowProblem, Registries } from '../kit/flow.ts'
import { compileFlow, factsOf } from './compile.ts'
import { type FlowDocument, NO_BLOCKS } from './document.ts'
import { FLOW_SHAPE } from './document-shape.ts'
import { DURATION_SHAPE, readDurationMs } from './durations.ts'
import { isTemplate } from './mapping.ts'
import { nearest } from './nearest.ts'
import type { ObsceneChanges } from './obscene-words.ts'
import { countryMeant, currencyNames, isCountry, isCurrency, isZone, zoneNames } from './places.ts'
import { type Finding, ListFull, type Report } from './problems.ts'
import { readBlocks } from './read-blocks.ts'
import { readEnrichers } from './read-enrichers.ts'
import { type FieldsRead, readDestinations, readFields } from './read-names.ts'
import { readSources } from './read-sources.ts'
import { entriesOf, readStep } from './read-step.ts'
import { readSteps } from './read-steps.ts'
import { readTerms } from './read-terms.ts'
import { atMost, collector, type Reading, reportIssue } from './reading.ts'
import { reportNeverSet, type Settable } from './references.ts'
import { readExpression } from './rules.ts'
import { leadScope } from './scope.ts'
import { readShape } from './shape.ts'
import { entryOf, type FlowSource, readSource, type SourceNode } from './source.ts'
import { readTemplate } from './templates.ts'

const ANSWER_WITHIN_MS = 10_000
/** A source that waits longer has long gone. */
const ANSWER_WITHIN_MS_MAX = 300_000

interface Settings {
  readonly id: string
  readonly name: string
  readonly country: string
  readonly currency: string
  readonly zone: string
  readonly answerWithinMs: number
  readonly obscene: ObsceneChanges | null
}

const texts = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const obsceneOf = (value: Json | undefined): ObsceneChanges | null => {
  if (value === undefined || value === null || typeof value !== 'object') return null
  return Array.isArray(value) ? { words: texts(value) } : { add: texts(value.add), except: texts(value.except) }
}

const readSettings = (root: SourceNode, report: Report): Settings => {
  const read = readShape({ node: root, shape: FLOW_SHAPE, path: '', report })
  const values = (read ?? {}) as Record<string, Json>
  const given = (key: string): string | null => {
    const value = values[key]
    return typeof value === 'string' ? value : null
  }
  const checked = (
    key: string,
    otherwise: string,
    check: { readonly holds: (text: string) => boolean; readonly finding: (text: string) => Partial<Finding> },
  ): string => {
    const text = given(key)
    if (text === null || check.holds(text)) return text ?? otherwise
    report({
      code: 'shape',
      message: `found ${JSON.stringify(text)}`,
      offset: entryOf(root, key)?.start ?? 0,
      path: key,
      ...check.finding(text),
    })
    return otherwise
  }
  const country = checked('country', 'US', {
    holds: isCountry,
    finding: (text) => ({ code: 'country', expected: 'an ISO 3166 code such as US', suggestion: countryMeant(text) }),
  })
  const currency = checked('currency', 'USD', {
    holds: isCurrency,
    finding: (text) => ({
      code: 'currency',
      expected: 'an ISO 4217 code such as USD',
      suggestion: isCurrency(text.toUpperCase()) ? text.toUpperCase() : nearest(text, currencyNames()),
    }),
  })
  const zone = checked('zone', 'UTC', {
    holds: isZone,
    finding: (text) => ({
      code: 'zone',
      expected: 'an IANA time zone such as America/Chicago',
      suggestion: nearest(text, zoneNames()),
    }),
  })
  const within = (text: string): number | null => {
    const ms = readDurationMs(text)
    return ms === null || ms === 0 || ms > ANSWER_WITHIN_MS_MAX ? null : ms
  }
  const answerWithin = checked('answer_within', '10s', {
    holds: (text) => within(text) !== null,
    finding: () => ({ code: 'duration', expected: `${DURATION_SHAPE}, at most 5m` }),
  })
  const id = given('flow') ?? ''
  return {
    id,
    name: given('name') ?? id,
    country,
    currency,
    zone,
    answerWithinMs: within(answerWithin) ?? ANSWER_WITHIN_MS,
    obscene: obsceneOf(values.obscene_words),
  }
}

/** Each scorecard is checked by itself, so that one nobody uses yet is right too. */
const checkModels = (reading: Reading, models: SourceNode | undefined): void => {
  if (models === undefined) return
  if (models.kind !== 'map') {
    reading.report({
      code: 'shape',
      message: 'found no map',
      expected: 'a map of names to scorecards',
      offset: models.start,
      path: 'models',
    })
    return
  }
  const { report } = reading
  for (const { key, keyStart, value } of atMost(report, {
    what: 'models',
    entries: models.entries,
    offset: models.start,
  }))
    readStep({
      reading,
      type: 'score',
      typeOffset: keyStart,
      node: value,
      path: `models.${key}`,
      block: true,
      models: undefined,
      set: new Set(['score', 'class', 'route', 'price']),
    })
}

/** A computed field knows the fields above it and what was sent, and nothing of what steps will set. */
const checkComputed = (asked: {
  readonly reading: Reading
  readonly node: SourceNode | undefined
  readonly fields: FieldsRead
  readonly settings: Settings
}): void => {
  const { reading, node, fields, settings } = asked
  const known = new Map<string, FieldType | null>()
  for (const { name, compute } of fields.documents) {
    const at = entryOf(entryOf(node, name), 'compute')
    if (compute !== null && at?.kind === 'text') {
      const scope = leadScope({
        ...settings,
        fields: new Map(known),
        destinations: [],
        places: reading.registries.places,
      })
      const path = `fields.${name}.compute`
      const [{ issues, paths }, what] = isTemplate(compute)
        ? [readTemplate(compute, scope), 'template']
        : [readExpression(compute, scope), 'expression']
      for (const issue of issues) {
        const isLater =
          issue.code === 'unknown_field' &&
          reading.fieldNames.some((later) => !known.has(later) && issue.message.includes(`"${later}"`))
        const told = isLater ? { ...issue, expected: 'a field that stands above this one', suggestion: null } : issue
        reportIssue(reading, { issue: told, node: at, path, what })
      }
      reportNeverSet({ reading, set: new Set() }, { node: at, path, paths })
    }
    known.set(name, fields.types.get(name) ?? null)
  }
}

type Content = Omit<FlowDocument, 'problems'>

const readContent = (source: FlowSource, root: SourceNode, registries: Registries, report: Report): Content => {
  const settings = readSettings(root, report)
  const fields = readFields({ node: entryOf(root, 'fields'), registries, report })
  const destinations = readDestinations({ node: entryOf(root, 'destinations'), registries, report })
  const destinationIds = destinations.map(({ id }) => id)
  const enrichers = readEnrichers({ node: entryOf(root, 'enrichers'), registries, report }, destinationIds)
  const stepIds: string[] = []
  const reading: Reading = {
    source,
    registries,
    report,
    scope: leadScope({
      fields: fields.types,
      destinations: destinationIds,
      enrichers: factsOf(enrichers, registries),
      steps: stepIds,
      country: settings.country,
      zone: settings.zone,
      obscene: settings.obscene,
      places: registries.places,
    }),
    fieldNames: [...fields.types.keys()],
    computed: fields.documents.flatMap(({ name, compute }) => (compute === null ? [] : [name])),
    destinationIds,
    enricherIds: enrichers.map(({ id }) => id),
    currency: settings.currency,
    stepIds,
  }
  checkComputed({ reading, node: entryOf(root, 'fields'), fields, settings })
  const models = entryOf(root, 'models')
  checkModels(reading, models)
  const set = new Set<Settable>()
  const blocks = readBlocks({ reading, node: root, owner: 'flow', path: '', required: fields.required, set })
  const sourcesNode = entryOf(root, 'sources')
  const sources =
    sourcesNode === undefined ? [] : readSources({ reading, node: sourcesNode, setByFlow: new Set(set), set })
  const stepsNode = entryOf(root, 'steps')
  const steps = stepsNode === undefined ? [] : readSteps({ reading, node: stepsNode, models, set })
  const termed = readTerms(reading, entryOf(root, 'destinations'), destinations)
  return { ...settings, fields: fields.documents, blocks, sources, destinations: termed, enrichers, steps }
}

const NOTHING: Content = {
  id: '',
  name: '',
  country: 'US',
  currency: 'USD',
  zone: 'UTC',
  answerWithinMs: ANSWER_WITHIN_MS,
  obscene: null,
  fields: [],
  blocks: NO_BLOCKS,
  sources: [],
  destinations: [],
  enrichers: [],
  steps: [],
}

/** What could be read; nothing where the text is no flow at all or has more mistakes than are listed. */
const readWhole = (source: FlowSource, registries: Registries, report: Report): Content => {
  const { root } = source
  try {
    if (root !== null && entriesOf(root).length > 0) return readContent(source, root, registries, report)
    report({
      code: 'shape',
      message: 'found no flow',
      expected: 'a map that begins with "flow:" and an id',
      offset: 0,
      path: '',
    })
  } catch (error) {
    if (!(error instanceof ListFull)) throw error
  }
  return NOTHING
}

/** What a step's own code finds wrong with its config, told where the value it names stands. */
const reportUncompilable = (
  text: string,
  content: Content,
  asked: { readonly registries: Registries; readonly report: Report },
): void => {
  try {
    compileFlow({ document: { ...content, problems: [] }, version: 0, registries: asked.registries })
  } catch (error) {
    if (!isFault(error) || error.code !== 'flow_invalid') throw error
    const named = /"([^"]+)"/.exec(error.message)?.[1]
    const offset = named === undefined ? 0 : Math.max(0, text.indexOf(named))
    asked.report({ code: 'shape', message: error.message, offset, path: '' })
  }
}

const MISREAD: ReadonlySet<string> = new Set(['syntax', 'too_large'])

/**
 * Reads and checks a flow in YAML or JSON. Never throws for what the text holds: everything wrong is in `problems`, in the
 * order of the text, and stands in the document too, which is then refused by `compileFlow`.
 */
export const parseFlow = (
  text: string,
  registries: Registries,
): { readonly document: FlowDocument; readonly problems: FlowProblem[] } => {
  const { report, problems } = collector()
  const source = readSource(text, report)
  // After a slip in the punctuation, or cut short, the tree is not what its author sees: it would mislead.
  const first = problems(source)
  const misread = first.length > 0 && (source.root === null || first.some(({ code }) => MISREAD.has(code)))
  const content = misread ? NOTHING : readWhole(source, registries, report)
  if (!misread && problems(source).length === 0) reportUncompilable(text, content, { registries, report })
  const found = problems(source)
  return { document: { ...content, problems: found }, problems: found }
}

/** Every error of a flow's text, with line, column, what was expected and the nearest right name. */
export const checkFlow = (text: string, registries: Registries): FlowProblem[] => parseFlow(text, registries).problems
