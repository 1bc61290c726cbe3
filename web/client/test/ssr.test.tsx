// In Node, without a document.
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import { SSEProvider, useDashboardSSE, useSSE, useSSEEvent, useSSEStatus, useSSEValue } from '../src/react.ts'
import { createSharedSSEClient } from '../src/shared.ts'
import { serve, sleep, stream } from './server.ts'

it('renders on a server as idle, and connects nowhere', async () => {
  const server = await serve(stream())
  const shared = createSharedSSEClient({ url: server.url, identity: 'alice' })
  function App() {
    const { status, isConnected, error, lastEvent } = useSSE({ url: server.url })
    useDashboardSSE({ url: server.url })
    useSSEEvent('message', () => {}, { client: shared })
    const value = useSSEValue('message', (n: number) => n + 1, 7)
    return <p>{[status, isConnected, error, lastEvent, value, useSSEStatus().status].map(String).join()}</p>
  }
  expect(renderToString(<SSEProvider url={server.url}><App /></SSEProvider>)).toBe('<p>idle,false,null,null,7,idle</p>')
  await sleep(30)
  expect(server.exchanges).toHaveLength(0)
})
