import { t } from '../text.ts'
import { plain } from './plain.ts'

/** The parts of a rule that did not hold stand beside what it saw; where they are all of it, they say nothing new. */
const isWhole = (name: string, value: unknown, rule: string | null): boolean =>
  name === 'wanted' && Array.isArray(value) && value.length === 1 && value[0] === rule

/** What a rule saw: names and values. */
export const Saw = (props: { readonly saw: Readonly<Record<string, unknown>>; readonly rule: string | null }) => (
  <span className="saw">
    {Object.entries(props.saw)
      .filter(([name, value]) => !isWhole(name, value, props.rule))
      .map(([name, value]) => (
        <span key={name} className="chip mono">
          {name === 'wanted' && Array.isArray(value)
            ? t('saw.unmet', { rules: value.join(', ') })
            : `${name} = ${plain(value)}`}
        </span>
      ))}
  </span>
)
