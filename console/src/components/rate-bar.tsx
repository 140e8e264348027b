import { percent } from '../text.ts'

/** A share as a number with a bar beside it, for columns that are compared at a glance. */
export const RateBar = ({ share }: { readonly share: number }) => (
  <span className="rate">
    <span className="rate-bar" aria-hidden="true">
      <i style={{ width: `${share * 100}%` }} />
    </span>
    <span className="num">{percent(share)}</span>
  </span>
)
