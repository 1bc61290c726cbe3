// Fails if an entry grows beyond its budget: minified, React left out, gzip -9.
import { rmSync, writeFileSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'tsdown'

const src = join(import.meta.dirname, '..', 'src')
const core = `export { createSSEClient, SSEError } from '${src}/client-core'`
const entries = [
  ['parser', 700, [`export { createParser } from '${src}/parser.ts'`]],
  ['core', 3000, [`export { createSSEClient } from '${src}/client.ts'`]],
  ['core and hooks', 3700, [`export * from '${src}/index-core'`]],
]
void core, entries, rmSync, writeFileSync, mkdtempSync, gzipSync, build
