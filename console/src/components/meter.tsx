import { percent } from '../text.ts'

const NEAR = 0.8

/** How full something is: quiet while there is room, loud when there is none. */
export const Meter = (props: {
  readonly share: number
  readonly label: string
  readonly text: string
  /** Progress: the fuller, the better. */
  readonly quiet?: boolean
}) => {
  const share = Math.max(0, Math.min(1, props.share))
  const state = props.quiet ? 'room' : share >= 1 ? 'full' : share >= NEAR ? 'near' : 'room'
  return (
    <div className="meter" data-state={state}>
      <div
        className="meter-bar"
        role="meter"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={props.text}
      >
        <i style={{ width: percent(share) }} />
      </div>
      <span className="meter-text num">{props.text}</span>
    </div>
  )
}
