import { SHORT_RANGES } from '../../../src/api/contract/words.ts'
import { t } from '../text.ts'

export type Range = (typeof SHORT_RANGES)[number]

/** The range that stands in the address; a day where none does. */
export const useRange = (asked: string | undefined): Range => SHORT_RANGES.find((range) => range === asked) ?? '24h'

export const RangePick = (props: { readonly value: Range; readonly onChange: (range: Range) => void }) => (
  <div className="segments" role="group" aria-label={t('range.label')}>
    {SHORT_RANGES.map((range) => (
      <button key={range} type="button" aria-pressed={range === props.value} onClick={() => props.onChange(range)}>
        {t(`range.${range}`)}
      </button>
    ))}
  </div>
)
