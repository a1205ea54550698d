import { asyncApiDocument } from '@ringline/contract/asyncapi';
import { openApiDocument } from '@ringline/contract/openapi';
import express, { Router } from 'express';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import { routed } from './request.ts';

// The page's own has an inline configuration for an example API; as a file of ours it needs no exception
// from the content security policy.
const INITIALIZER = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: 'StandaloneLayout',
    validatorUrl: null,
  });
};
`;

/** The contract as documents, and a page that shows it without the internet. */
export function createDocs(): Router {
  const openApi = openApiDocument();
  const asyncApi = asyncApiDocument();
  const router = Router();
  router.get('/openapi.json', routed('/openapi.json'), (_request, response) => {
    response.json(openApi);
  });
  router.get('/asyncapi.json', routed('/asyncapi.json'), (_request, response) => {
    response.json(asyncApi);
  });
  router.get('/docs/swagger-initializer.js', routed('/docs'), (_request, response) => {
    response.type('text/javascript').send(INITIALIZER);
  });
  router.use('/docs', routed('/docs'), express.static(getAbsoluteFSPath()));
  return router;
}
