import { useQuery } from '@tanstack/react-query'
import { Fragment } from 'react'
import { ask } from '../api/client.ts'
import { Loaded } from '../components/loaded.tsx'
import { named, t } from '../text.ts'
import '../styles/roles.css'

/** What each role may do: a row a right, a column a role. */
export const RolesTab = () => {
  const roles = useQuery({
    queryKey: ['roles'],
    queryFn: () => ask('/api/v1/roles'),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Loaded query={roles} height={420}>
      {({ items }) => {
        const rights = [...new Set(items.flatMap(({ grants }) => Object.keys(grants)))]
        const groups = Map.groupBy(rights, (right) => right.split('.')[0] ?? '')
        return (
          <section className="card" aria-label={t('settings.roles')}>
            <dl className="roles">
              {items.map(({ role, summary }) => (
                <div key={role}>
                  <dt>{named('role', role)}</dt>
                  <dd>{named('role_text', role) || summary}</dd>
                </div>
              ))}
            </dl>
            <table className="plain-table roles-table">
              <thead>
                <tr>
                  <th>{t('roles.right')}</th>
                  {items.map(({ role }) => (
                    <th key={role}>{named('role', role)}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {[...groups].map(([resource, own]) => (
                  <Fragment key={resource}>
                    <tr className="roles-group">
                      <th colSpan={items.length + 1} scope="rowgroup">
                        {named('right', resource)}
                      </th>
                    </tr>
                    {own.map((right) => (
                      <tr key={right}>
                        <td>{named('right_act', right.split('.')[1])}</td>
                        {items.map(({ role, grants }) => (
                          <td key={role} className="roles-cell" data-reach={grants[right]}>
                            {grants[right] === 'all' ? (
                              <>
                                <span aria-hidden="true">✓</span>
                                <span className="visually-hidden">{t('people.yes')}</span>
                              </>
                            ) : grants[right] === 'own' ? (
                              t('roles.own')
                            ) : (
                              <>
                                <span aria-hidden="true">·</span>
                                <span className="visually-hidden">{t('people.no')}</span>
                              </>
                            )}
                          </td>
                        ))}
                      </tr>
                    ))}
                  </Fragment>
                ))}
              </tbody>
            </table>
          </section>
        )
      }}
    </Loaded>
  )
}
