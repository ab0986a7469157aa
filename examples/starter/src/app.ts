// The application: its configuration, and its routes. `catzilla dev` and `catzilla start` load this module.

import { defineConfig, type AppOptions, type CatzillaApp } from 'catzilla';
import { noteRoutes } from './note-routes.ts';
import { services } from './services.ts';

export const config: AppOptions = defineConfig({
  di: { container: services },
  openapi: { info: { title: 'Notes', version: '1.0.0' } },
});

export default async function app(root: CatzillaApp): Promise<void> {
  noteRoutes(root);
}
