// @vitest-environment jsdom
import { act, cleanup, render, renderHook, screen } from '@testing-library/react'
import { StrictMode, useState, type ReactNode } from 'react'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { createSSEClient } from '../src/client.ts'
import type { SSEError } from '../src/error.ts'
import { SSEProvider, useDashboardSSE, useSSE, useSSEEvent, useSSEStatus, useSSEValue, type UseSSEOptions } from '../src/react.ts'
import { createFakeClient, createFakeServer } from '../src/testing.ts'
import { event, serve as serveAny, sleep, status, stream, type Answer, type TestServer } from './server.ts'

afterEach(cleanup)

// jsdom's page is of another origin.
const serve = (...answers: Answer[]): Promise<TestServer> =>
  serveAny(...answers.map((answer): Answer => (x) => {
    x.response.setHeader('Access-Control-Allow-Origin', '*')
    answer(x)
  }))

/** Waits, and lets React render meanwhile. */
async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await act(() => sleep(3))
}

it('StrictMode opens exactly one connection, and unmounting closes it', async () => {
  const server = await serve(stream())
  const { result, unmount } = renderHook(() => useSSE({ url: server.url }), { wrapper: StrictMode })
  expect(result.current.status).toBe('connecting')
  await until(() => result.current.isConnected)
  expect(server.exchanges).toHaveLength(1)
  unmount()
  await until(() => server.open === 0)
  await sleep(30)
  expect(server.exchanges).toHaveLength(1)
})

it('calls the handlers of the last render, and does not reconnect for them', async () => {
  const server = await serve(stream())
  const log: string[] = []
  const { result, rerender } = renderHook(
    ({ name }) =>
      useSSE({
        url: server.url,
        eventHandlers: { notification: (n) => log.push(`${name} ${n.title}`) },
        onEvent: (e) => e.type === 'notification' && log.push(`${name} any ${e.data.title}`),
      }),
    { initialProps: { name: 'first' } },
  )
  await until(() => result.current.isConnected)
  const { response } = await server.request(1)
  response.write(event('notification', { title: 'a' }))
  await until(() => log.length === 2)
  rerender({ name: 'second' })
  response.write(event('notification', { title: 'b' }))
  await until(() => log.length === 4)
  expect(log).toEqual(['first a', 'first any a', 'second b', 'second any b'])
  expect(server.exchanges).toHaveLength(1)
})

it('renders anew only for the status if lastEvent is not read, and hands over every event', async () => {
  const fake = createFakeClient()
  let renders = 0
  const got: unknown[] = []
  const { result } = renderHook(() => {
    renders++
    const { isConnected } = useSSE({ client: fake, eventHandlers: { message: (n) => got.push(n) } })
    return isConnected
  })
  expect(result.current).toBe(true)
  const before = renders
  await act(async () => {
    for (let i = 0; i < 100; i++) fake.push('message', i)
    await sleep(40)
  })
  expect(renders).toBe(before)
  expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

it('renders once a frame if lastEvent is read, not for pings', async () => {
  const fake = createFakeClient()
  let renders = 0
  const { result } = renderHook(() => {
    renders++
    return useSSE({ client: fake }).lastEvent
  })
  const before = renders
  await act(async () => {
    for (let i = 0; i < 100; i++) fake.push('message', i)
    await sleep(60)
  })
  expect(renders - before).toBe(1)
  expect(result.current).toMatchObject({ type: 'message', data: 99 })
  await act(async () => {
    fake.push('ping', { time: 1 })
    await sleep(40)
  })
  expect(renders - before).toBe(1)
  expect(result.current!.type).toBe('message')
})

it('throttle and ignore are the caller’s', async () => {
  const fake = createFakeClient()
  let renders = 0
  const { result } = renderHook(() => {
    renders++
    return useSSE({ client: fake, throttle: false, ignore: ['message'] }).lastEvent
  })
  const before = renders
  act(() => fake.push('ping', { time: 1 }))
  expect(result.current?.type).toBe('ping')
  act(() => fake.push('message', 1))
  expect(renders - before).toBe(1)
})

it('shares one stream in a page, hands it over to the next route, and closes it with the last', async () => {
  const server = await serve(stream())
  const got: string[] = []
  function One({ name }: { name: string }): ReactNode {
    useSSEEvent('message', () => got.push(name), { url: server.url })
    return useSSEStatus({ url: server.url }).status
  }
  const view = render(<><One name="a" /><One name="b" /></>)
  await until(() => view.container.textContent === 'openopen')
  ;(await server.request(1)).response.write(event('message', 1))
  await until(() => got.length === 2)
  view.rerender(<One key="another route" name="c" />)
  await act(() => sleep(20))
  expect(server.open).toBe(1)
  view.unmount()
  await until(() => server.open === 0)
  expect(server.exchanges).toHaveLength(1)
})

it('never keeps the stream of another user', async () => {
  const server = await serve(stream(event('message', 'secret')), stream())
  const { result, rerender } = renderHook(
    ({ user }) => useSSE({ url: server.url, identity: user, getToken: () => user }),
    { initialProps: { user: 'alice' } },
  )
  void result.current.lastEvent
  await until(() => result.current.lastEvent?.data === 'secret')
  rerender({ user: 'bob' })
  await until(() => server.exchanges.length === 2 && server.open === 1)
  await until(() => result.current.isConnected)
  expect(server.exchanges.map((x) => x.headers.authorization)).toEqual(['Bearer alice', 'Bearer bob'])
  expect(result.current.lastEvent).toBeNull()
})

it('asks a user who is still there for the token', async () => {
  const server = createFakeServer()
  const asked: string[] = []
  const Part = ({ name }: { name: string }): null => {
    useSSE({ fetch: server.fetch, identity: 'token test', backoff: { minMs: 5 }, getToken: () => (asked.push(name), name) })
    return null
  }
  const view = render(<><Part key="a" name="a" /><Part key="b" name="b" /></>)
  const first = await server.connection()
  view.rerender(<Part key="a" name="a, rendered again" />)
  first.end()
  await act(() => server.connection(2))
  expect(asked.at(-1)).toBe('a, rendered again')
})

it('can be switched off and on', async () => {
  const server = await serve(stream())
  const { result, rerender } = renderHook(({ enabled }) => useSSE({ url: server.url, enabled }), { initialProps: { enabled: false } })
  await sleep(20)
  expect(result.current.status).toBe('idle')
  expect(server.exchanges).toHaveLength(0)
  rerender({ enabled: true })
  await until(() => result.current.isConnected)
  rerender({ enabled: false })
  await until(() => server.open === 0 && result.current.status === 'idle')
})

it('closeConnection leaves, reconnect comes back; both are stable', async () => {
  const server = await serve(stream())
  const first = renderHook(() => useSSE({ url: server.url }))
  const second = renderHook(() => useSSE({ url: server.url }))
  await until(() => first.result.current.isConnected && second.result.current.isConnected)
  const { closeConnection, reconnect } = first.result.current
  act(() => closeConnection())
  expect(first.result.current.status).toBe('closed')
  await act(() => sleep(20))
  expect(second.result.current.isConnected).toBe(true)
  expect(server.open).toBe(1)
  expect(first.result.current.closeConnection).toBe(closeConnection)

  act(() => reconnect())
  await until(() => first.result.current.isConnected)
  expect(server.exchanges).toHaveLength(1)
  expect(first.result.current.reconnect).toBe(reconnect)

  act(() => closeConnection({ scope: 'page' }))
  await until(() => second.result.current.status === 'closed' && server.open === 0)
  act(() => second.result.current.reconnect())
  await until(() => second.result.current.isConnected)
})

it('shows why it is closed', async () => {
  const server = await serve(status(403))
  const errors: number[] = []
  const { result } = renderHook(() => useSSE({ url: server.url, onError: (e) => errors.push(e.status!) }))
  await until(() => result.current.status === 'closed')
  expect(result.current).toMatchObject({ isConnected: false, attempt: 0, retryAt: null })
  expect(result.current.error).toMatchObject({ kind: 'auth', status: 403 })
  expect(errors).toEqual([403])
})

it('tells each hook of a gap', () => {
  const fake = createFakeClient()
  const gaps: string[] = []
  const use = (name: string) => renderHook(() => useSSE({ client: fake, onGap: (g) => gaps.push(`${name} ${g.reason}`) }))
  use('a')
  use('b')
  act(() => fake.push('gap', { from: '', to: 'e-1', reason: 'epoch' }))
  expect(gaps).toEqual(['a epoch', 'b epoch'])
})

it('calls the provider’s onGap and onError once, however many hooks share the stream', async () => {
  const server = createFakeServer()
  const told: string[] = []
  function Part(): null {
    useSSE()
    useSSEEvent('message', () => {})
    useSSEValue('message', (n: number) => n, 0)
    return null
  }
  render(
    <SSEProvider
      fetch={server.fetch} identity="provider test" backoff={{ minMs: 5 }}
      onGap={(g) => told.push(g.reason)} onError={(e) => told.push(e.kind)}
    >
      <Part /><Part />
    </SSEProvider>,
  )
  const first = await server.connection()
  first.send('gap', { from: '', to: 'e-1', reason: 'epoch' })
  await until(() => told.length > 0)
  first.cut()
  const second = await act(() => server.connection(2))
  second.send('gap', { from: '', to: 'e-2', reason: 'slow' })
  await until(() => told.includes('slow'))
  expect(told).toEqual(['epoch', 'network', 'slow'])
})

it('does not swallow what a handler throws', async () => {
  const server = createFakeServer()
  const console_ = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => console_.mockRestore())
  const told: string[] = []
  const broken = { notification: () => { throw new Error('broken') } }
  const { rerender } = renderHook(
    ({ onError }: Pick<UseSSEOptions, 'onError'>) => useSSE({ fetch: server.fetch, identity: 'broken', eventHandlers: broken, onError }),
    { initialProps: {} },
  )
  const connection = await server.connection()
  connection.send('notification', { title: 'a' })
  await until(() => console_.mock.calls.length > 0)
  expect(console_.mock.calls).toEqual([[expect.objectContaining({ kind: 'handler', message: 'Error: broken' })]])
  rerender({ onError: (e: SSEError) => told.push(e.kind) })
  connection.send('notification', { title: 'b' })
  await until(() => told.length > 0)
  expect([told, console_.mock.calls.length]).toEqual([['handler'], 1])
})

it('useSSEValue starts anew for another user', async () => {
  const server = createFakeServer()
  const { result, rerender } = renderHook(
    ({ user }) => useSSEValue('message', (all: unknown[], one) => [...all, one], [], { fetch: server.fetch, identity: user }),
    { initialProps: { user: 'value alice' } },
  )
  ;(await server.connection()).send('message', 'secret')
  await until(() => result.current.length === 1)
  rerender({ user: 'value bob' })
  expect(result.current).toEqual([])
  ;(await act(() => server.connection(2))).send('message', 'his own')
  await until(() => result.current.length === 1)
  expect(result.current).toEqual(['his own'])
})

it('useDashboardSSE takes the dashboard’s stream and the provider’s options, but not its client', async () => {
  const server = createFakeServer()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <SSEProvider client={createFakeClient()} fetch={server.fetch} getToken={() => 'admin'} identity="admin">{children}</SSEProvider>
  )
  const { result } = renderHook(() => useDashboardSSE({ eventHandlers: { dashboardUpdate: () => {} } }), { wrapper })
  await act(() => server.connection())
  await until(() => result.current.isConnected)
  expect(server.requests[0]!.url).toBe('/api/dashboard/sse')
  expect(server.requests[0]!.headers.get('Authorization')).toBe('Bearer admin')
})

it('the provider’s client serves the hooks below it and stays its owner’s', async () => {
  const server = createFakeServer()
  const client = createSSEClient({ url: '/own', fetch: server.fetch })
  onTestFinished(() => client.close())
  function Count(): ReactNode {
    return useSSEValue('message', (n: number, add) => n + Number(add), 40)
  }
  const view = render(<SSEProvider client={client}><StrictMode><Count /></StrictMode></SSEProvider>)
  const connection = await server.connection()
  connection.send('message', 1)
  connection.send('message', 1)
  await until(() => view.container.textContent === '42')
  view.unmount()
  await act(() => sleep(10))
  expect(client.getSnapshot().status).toBe('open')
})

it('useSSEEvent never renders anew', async () => {
  const fake = createFakeClient()
  let renders = 0
  const got: string[] = []
  renderHook(() => {
    renders++
    useSSEEvent('notification', (n) => got.push(n.title), { client: fake })
  })
  act(() => {
    fake.push('notification', { title: 'a' })
    fake.push('message', 1)
    fake.setStatus('waiting')
  })
  expect([renders, got]).toEqual([1, ['a']])
})

it('resumes in a component that lives on', async () => {
  const server = createFakeServer()
  function Bell(): ReactNode {
    const [titles, setTitles] = useState<string[]>([])
    const options: UseSSEOptions = {
      fetch: server.fetch, identity: 'bell', backoff: { minMs: 5 },
      eventHandlers: { notification: (n) => setTitles((t) => [...t, n.title]) },
    }
    const { status: now } = useSSE(options)
    return <p>{now}: {titles.join()}</p>
  }
  render(<StrictMode><Bell /></StrictMode>)
  const first = await server.connection()
  first.send('notification', { title: 'a' }, 'e-1')
  await screen.findByText('open: a')
  first.cut()
  const second = await act(() => server.connection(2))
  second.send('notification', { title: 'b' }, 'e-2')
  await screen.findByText('open: a,b')
  expect(second.headers.get('Last-Event-ID')).toBe('e-1')
})
