// Command backend-go is the backend of the example shop in Go: it serves the page,
// knows who is logged in, and tells the hub what happens.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"example.org/hub/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	hub, err := client.NewPublisher(cmp.Or(os.Getenv("HUB_INTERNAL"), "http://127.0.0.1:8081"),
		client.WithAPIKey(os.Getenv("HUB_API_KEY")), client.WithLogger(slog.Default()))
	if err != nil {
		return err
	}
	defer hub.Close()
	shop := newShop(hub)
	web := &server{
		shop: shop, hub: hub, sessions: make(map[string]string),
		public: cmp.Or(os.Getenv("HUB_PUBLIC"), "http://127.0.0.1:8080"), // as browsers reach it
	}
	srv := &http.Server{
		Addr: net.JoinHostPort("127.0.0.1", cmp.Or(os.Getenv("PORT"), "3000")), Handler: web.routes(), ReadHeaderTimeout: 5 * time.Second,
	}
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	fmt.Printf("The shop, by Go: http://localhost:%s/\n", cmp.Or(os.Getenv("PORT"), "3000"))
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	shop.close()
	return nil
}
