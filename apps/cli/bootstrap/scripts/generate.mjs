// Writes every generated file: DTO metadata, mail templates, OpenAPI document, SDK, configuration page, error pages.
// With --check it writes nothing and fails when a file in the tree is not what would be written.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@hey-api/openapi-ts';
import { PluginMetadataGenerator } from '@nestjs/cli/lib/compiler/plugins/plugin-metadata-generator.js';
import { ReadonlyVisitor } from '@nestjs/swagger/plugin';
import ts from 'typescript';
import { buildIfStale } from '../build.mjs';
import { compileTemplates } from '../mail-templates.mjs';
import { root } from '../paths.mjs';

const check = process.argv.includes('--check');
const METADATA = 'libs/product/src/metadata.ts';
const SCHEMA_COMMENTS = 'libs/product/src/schema-comments.gen.ts';
const MAIL_TEMPLATES = 'libs/email/src/template/compiled.gen.ts';
const SDK = 'openapi/sdk/src/gen';
const work = mkdtempSync(path.join(tmpdir(), 'imbi-generate-'));
const stale = [];

try {
  put(SCHEMA_COMMENTS, schemaComments());
  put(METADATA, dtoMetadata());
  put(MAIL_TEMPLATES, await compileTemplates());
  buildIfStale(process.execPath);
  const product = await load('libs/product/src/index.js');
  const { documentConfig } = await load('libs/config/src/index.js');
  const { documentProblems, lintOpenApi } = await load('libs/http/src/index.js');

  const document = await product.emitOpenApi();
  const faults = lintOpenApi(document);
  if (faults.length > 0) throw new Error(`The OpenAPI document breaks its rules:\n  ${faults.join('\n  ')}`);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  put('openapi/openapi.json', text);
  await writeSdk(text);
  put('docs/configuration.md', documentConfig());
  putFolder('docs/errors', Object.fromEntries(documentProblems()));
} finally {
  rmSync(work, { recursive: true, force: true });
}

if (stale.length > 0) {
  console.error(`These generated files are not up to date; run \`npm run generate\`:\n  ${stale.join('\n  ')}`);
  process.exitCode = 1;
}

/** What the comments and types of the DTOs say, which the compiled code no longer knows. */
function dtoMetadata() {
  new PluginMetadataGenerator().generate({
    visitors: [
      new ReadonlyVisitor({
        introspectComments: true,
        classValidatorShim: true,
        dtoFileNameSuffix: ['.dto.ts'],
        controllerFileNameSuffix: ['.controller.ts'],
        esmCompatible: true,
        pathToSource: root('libs/product/src'),
      }),
    ],
    outputDir: work,
    filename: 'metadata.ts',
    tsProgramRef: describedProgram(),
  });
  return readFileSync(path.join(work, 'metadata.ts'), 'utf8');
}

// Of these files alone: the metadata must not change order with what else is in the tree, nor wait until all of it,
// the SDK's callers included, has no type error.
function describedProgram() {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic({ messageText }) {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  };
  const { options, fileNames } = ts.getParsedCommandLineOfConfigFile(root('tsconfig.json'), undefined, host);
  return ts.createProgram({
    options,
    rootNames: fileNames.filter((name) => /\.(dto|controller)\.ts$/.test(name)).sort(),
  });
}

/** The comments of the DTO classes, which Nest's plugin passes over. */
function schemaComments() {
  const comments = {};
  const dtoFiles = listFiles(root('libs')).filter((name) => name.endsWith('.dto.ts'));
  for (const name of dtoFiles) {
    const text = readFileSync(root('libs', name), 'utf8');
    ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true).forEachChild((node) => {
      if (!ts.isClassDeclaration(node) || !node.name) return;
      const [comment] = ts.getJSDocCommentsAndTags(node).map((doc) => ts.getTextOfJSDocComment(doc.comment));
      if (comment) comments[node.name.text] = comment.replace(/\s+/g, ' ').trim();
    });
  }
  const sorted = Object.fromEntries(Object.entries(comments).sort(([left], [right]) => (left < right ? -1 : 1)));
  const header = '// The comments of the DTO classes, by class name; written by `npm run generate`.\n';
  return `${header}export const SCHEMA_COMMENTS: Readonly<Record<string, string>> = ${JSON.stringify(sorted, null, 2)};\n`;
}

async function writeSdk(text) {
  const input = path.join(work, 'openapi.json');
  const output = path.join(work, 'sdk');
  writeFileSync(input, text);
  await createClient({
    input,
    output: { path: output, clean: true, module: { extension: '.js' } },
    plugins: ['@hey-api/client-fetch', { name: '@hey-api/typescript', enums: 'javascript' }, '@hey-api/sdk'],
    logs: { level: 'silent' },
  });
  const files = Object.fromEntries(
    listFiles(output).map((name) => [name, readFileSync(path.join(output, name), 'utf8')]),
  );
  putFolder(SDK, files);
}

function put(name, text) {
  const file = root(name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  if (check) {
    stale.push(name);
    return;
  }
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Makes a folder exactly these files. */
function putFolder(folder, files) {
  for (const [name, text] of Object.entries(files)) put(path.join(folder, name), text);
  if (!existsSync(root(folder))) return;
  for (const name of listFiles(root(folder))) {
    if (name in files) continue;
    if (check) stale.push(path.join(folder, name));
    else rmSync(root(folder, name));
  }
}

function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

function load(file) {
  return import(pathToFileURL(root('dist', file)).href);
}
