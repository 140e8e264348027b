import type { Destination } from '../api/types.ts'
import { Tag, type Tone } from '../components/tag.tsx'
import { type TextKey, t } from '../text.ts'

/** Below this share of calls that are taken, somebody should look. */
const HEALTHY = 0.9

const standing = ({ type, health }: Destination): { readonly tone: Tone; readonly text: TextKey } => {
  if (type === null) return { tone: 'quiet', text: 'destination.gone' }
  if (health.paused !== null) return { tone: 'warn', text: 'stopped.paused' }
  if (health.breaker.state === 'open') return { tone: 'bad', text: 'stopped.breaker' }
  if (health.breaker.state === 'half_open') return { tone: 'warn', text: 'destination.half_open' }
  if (health.success_rate === null) return { tone: 'quiet', text: 'destination.idle' }
  if (health.errors > 0 && health.errors / health.calls > 1 - HEALTHY)
    return { tone: 'bad', text: 'destination.failing' }
  return { tone: 'good', text: 'queues.runs' }
}

export const DestinationState = ({ destination }: { readonly destination: Destination }) => {
  const { tone, text } = standing(destination)
  return <Tag tone={tone}>{t(text)}</Tag>
}
