import { Button, Select } from '@mantine/core'
import { REJECTION_CODES } from '../../../src/api/contract/words.ts'
import { useSession } from '../api/session.ts'
import { usePeople } from '../components/assignee.tsx'
import { useFlows } from '../flow/use-flows.ts'
import { useMay } from '../rights.ts'
import type { LeadSearch } from '../router.tsx'
import { named, type TextKey, t } from '../text.ts'

/** Nothing is kept of those that were turned away at the door. */
const CODES: readonly string[] = REJECTION_CODES.filter((code) => code !== 'erased')

type Outcome = Pick<LeadSearch, 'outcome' | 'status'>

const OUTCOMES: readonly { readonly text: TextKey; readonly search: Outcome }[] = [
  { text: 'outcome.all', search: {} },
  { text: 'outcome.accepted', search: { outcome: 'success' } },
  { text: 'outcome.rejected', search: { outcome: 'failure' } },
  { text: 'outcome.failed', search: { outcome: 'error' } },
  { text: 'outcome.review', search: { status: 'pending_review' } },
]

const HOUR_MS = 3_600_000
const PERIODS: readonly { readonly id: string; readonly text: TextKey; readonly ms: number }[] = [
  { id: '1h', text: 'period.hour', ms: HOUR_MS },
  { id: '24h', text: 'period.day', ms: 24 * HOUR_MS },
  { id: '7d', text: 'period.week', ms: 168 * HOUR_MS },
  { id: '30d', text: 'period.month', ms: 720 * HOUR_MS },
]

/** The period that a filter's beginning means, where it is one of ours. */
const periodOf = ({ from, to }: LeadSearch): string | null => {
  if (from === undefined) return null
  if (to !== undefined) return 'custom'
  const span = Date.now() - new Date(from).getTime()
  return PERIODS.find(({ ms }) => Math.abs(span - ms) < ms * 0.04 + 60_000)?.id ?? 'custom'
}

const codesOf = (asked: string | undefined): readonly string[] =>
  asked === undefined || CODES.includes(asked) ? CODES : [asked, ...CODES]

export const Filters = (props: {
  readonly search: LeadSearch
  readonly onChange: (search: LeadSearch) => void
  readonly sources: readonly string[]
}) => {
  const { search, onChange, sources } = props
  const { data: flows } = useFlows()
  const may = useMay()
  const session = useSession()
  const people = usePeople()
  const set = (part: LeadSearch): void => onChange({ ...search, ...part })
  const period = periodOf(search)
  const isFiltered = Object.values(search).some((value) => value !== undefined)
  const sourceNames = [...new Set([...sources, ...(search.source === undefined ? [] : [search.source])])].sort()
  return (
    <>
      <div className="segments" role="group" aria-label={t('column.outcome')}>
        {OUTCOMES.map(({ text, search: { outcome, status } }) => (
          <button
            key={text}
            type="button"
            aria-pressed={search.outcome === outcome && search.status === status}
            onClick={() => onChange({ ...search, outcome, status })}
          >
            {t(text)}
          </button>
        ))}
      </div>
      <Select
        aria-label={t('column.reason')}
        placeholder={t('filter.reason')}
        clearable
        data={codesOf(search.code).map((code) => ({
          value: code,
          label: code
            .split(',')
            .map((each) => named('code', each))
            .join(', '),
        }))}
        value={search.code ?? null}
        onChange={(code) => set({ code: code ?? undefined })}
      />
      <Select
        aria-label={t('column.flow')}
        placeholder={t('filter.flow')}
        clearable
        data={(flows?.items ?? []).map(({ id }) => id)}
        value={search.flow ?? null}
        onChange={(flow) => set({ flow: flow ?? undefined })}
      />
      <Select
        aria-label={t('column.source')}
        placeholder={t('filter.source')}
        clearable
        searchable
        data={sourceNames}
        value={search.source ?? null}
        onChange={(source) => set({ source: source ?? undefined })}
      />
      {may('lead.review') && (
        <Select
          aria-label={t('assignee.title')}
          placeholder={t('assignee.any')}
          clearable
          data={[
            { value: 'me', label: t('assignee.me') },
            { value: 'none', label: t('assignee.none') },
            ...people.filter(({ id }) => id !== session?.userId).map(({ id, email }) => ({ value: id, label: email })),
          ]}
          value={search.assignee ?? null}
          onChange={(assignee) => set({ assignee: assignee ?? undefined })}
        />
      )}
      <Select
        aria-label={t('filter.period')}
        placeholder={t('filter.period')}
        clearable
        data={[
          ...PERIODS.map(({ id, text }) => ({ value: id, label: t(text) })),
          ...(period === 'custom' ? [{ value: 'custom', label: t('period.custom') }] : []),
        ]}
        value={period}
        onChange={(id) => {
          const chosen = PERIODS.find((each) => each.id === id)
          if (id === 'custom') return
          set({ from: chosen && new Date(Date.now() - chosen.ms).toISOString(), to: undefined })
        }}
      />
      {isFiltered && (
        <Button variant="subtle" color="gray" onClick={() => onChange({})}>
          {t('filter.clear')}
        </Button>
      )}
    </>
  )
}
