import type { CapUse } from '../api/types.ts'
import { Meter } from '../components/meter.tsx'
import { t, tn } from '../text.ts'
import { fullness, placeText, usedText } from './cap-words.ts'

/** How much of a cap is used; of one that is counted apart, of its fullest. */
export const CapMeter = ({ cap }: { readonly cap: CapUse }) => (
  <Meter
    share={fullness(cap)}
    label={t('caps.meter', { cap: cap.id, place: placeText(cap) })}
    text={cap.by !== null ? `${usedText(cap)} · ${tn('caps.apart', cap.values ?? 0, { by: cap.by })}` : usedText(cap)}
  />
)
