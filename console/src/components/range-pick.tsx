import { t } from '../text.ts'

const RANGES = ['1h', '24h', '7d', '30d'] as const
export type Range = (typeof RANGES)[number]

/** The range that stands in the address; a day where none does. */
export const useRange = (asked: string | undefined): Range => RANGES.find((range) => range === asked) ?? '24h'

export const RangePick = (props: { readonly value: Range; readonly onChange: (range: Range) => void }) => (
  <div className="segments" role="group" aria-label={t('range.label')}>
    {RANGES.map((range) => (
      <button key={range} type="button" aria-pressed={range === props.value} onClick={() => props.onChange(range)}>
        {t(`range.${range}`)}
      </button>
    ))}
  </div>
)
