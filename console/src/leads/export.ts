import { notifications } from '@mantine/notifications'
import { send } from '../api/client.ts'
import type { LeadSearch } from '../router.tsx'
import { t } from '../text.ts'

/** Saves the leads of a filter, or those chosen, as a file. */
export const exportLeads = async (filter: LeadSearch, ids?: readonly string[]): Promise<void> => {
  try {
    const answer = await send('/api/v1/leads/export', {
      method: 'POST',
      body: { ...filter, ...(ids === undefined ? {} : { ids }) },
      headers: { accept: 'text/csv, application/json' },
    })
    const address = URL.createObjectURL(await answer.blob())
    const link = document.createElement('a')
    link.href = address
    link.download = `leads-${new Date().toISOString().slice(0, 10)}.csv`
    link.click()
    setTimeout(() => URL.revokeObjectURL(address), 10_000)
  } catch (error) {
    notifications.show({ color: 'red', title: t('leads.export_failed'), message: (error as Error).message })
  }
}
