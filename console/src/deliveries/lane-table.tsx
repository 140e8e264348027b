import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { useMay } from '../rights.ts'
import { named, number, t } from '../text.ts'
import { ago } from '../time.ts'
import { Emergency } from './emergency.tsx'

/** A lane of deliveries is named by its flow and its destination. */
const placeOf = (lane: string) => {
  const [flow, destination] = lane.split('/')
  return { state: 'waiting', flow, destination }
}

/** Every queue: how much waits, since when, how fast it goes, and whether somebody or something stopped it. */
export const LaneTable = () => {
  const may = useMay()
  const { data, error, refetch } = useQuery({
    queryKey: ['queues'],
    queryFn: () => ask('/api/v1/queues'),
    refetchInterval: 10_000,
  })
  if (data === undefined && error !== null) return <Failed error={error} onRetry={() => void refetch()} />
  if (data === undefined) return <Skeleton height={140} radius={8} />
  return (
    <section className="card" aria-label={t('queues.title')}>
      <div className="card-head">
        <h2>{t('queues.title')}</h2>
        {may('job.edit') && <Emergency isOn={data.items.some(({ stopped }) => stopped === 'emergency')} />}
      </div>
      <table className="plain-table">
        <thead>
          <tr>
            <th>{t('queues.queue')}</th>
            <th>{t('queues.state')}</th>
            <th className="end">{t('queues.due')}</th>
            <th className="end">{t('queues.later')}</th>
            <th className="end">{t('queues.running')}</th>
            <th className="end">{t('queues.parked')}</th>
            <th className="end">{t('queues.rate')}</th>
            <th>{t('queues.oldest')}</th>
          </tr>
        </thead>
        <tbody>
          {data.items.map((lane) => (
            <tr key={`${lane.queue} ${lane.name}`}>
              <td>
                {lane.queue === 'deliveries' ? (
                  <Link to="/deliveries" search={placeOf(lane.name)}>
                    {lane.name}
                  </Link>
                ) : (
                  `${named('queue', lane.queue)} ${lane.name}`
                )}
              </td>
              <td>
                <span className="tag" data-tone={lane.stopped === null ? 'good' : 'warn'}>
                  {lane.stopped === null ? t('queues.runs') : named('stopped', lane.stopped)}
                </span>
              </td>
              <td className="end num">{number(lane.states.due)}</td>
              <td className="end num">{number(lane.states.later)}</td>
              <td className="end num">{number(lane.states.running)}</td>
              <td className="end num">{number(lane.states.parked)}</td>
              <td className="end num">{lane.per_minute === null ? '–' : number(Math.round(lane.per_minute))}</td>
              <td className="faint">{lane.oldest === null ? '–' : ago(lane.oldest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
