// The stack a Shopify developer would pick: express, @shopify/shopify-api, BullMQ; one job per webhook, awaited before the 200.
import cluster from "node:cluster";
import process from "node:process";
import "@shopify/shopify-api/adapters/node";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import { Queue } from "bullmq";
import express from "express";

const { PORT, SECRET, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, PROCESSES = "2" } = process.env;

function serve() {
  const shopify = shopifyApi({
    apiKey: "bench",
    apiSecretKey: SECRET,
    apiVersion: ApiVersion.July26,
    isEmbeddedApp: false,
    hostName: "127.0.0.1",
    logger: { level: 0 },
  });
  const queue = new Queue("webhooks", {
    connection: { host: REDIS_HOST, port: Number(REDIS_PORT), password: REDIS_PASSWORD },
  });
  const app = express();
  app.get("/healthz", (_, response) => response.sendStatus(200));
  app.post("/webhooks/shopify", express.text({ type: "*/*", limit: "5mb" }), async (request, response) => {
    const found = await shopify.webhooks.validate({
      rawBody: request.body,
      rawRequest: request,
      rawResponse: response,
    });
    if (!found.valid) return response.sendStatus(401);
    await queue.add(found.topic, { body: request.body, domain: found.domain }, { jobId: found.webhookId });
    return response.sendStatus(200);
  });
  app.listen(Number(PORT), "127.0.0.1", 512);
}

if (cluster.isPrimary) for (let number = 0; number < Number(PROCESSES); number += 1) cluster.fork();
else serve();
