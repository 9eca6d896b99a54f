//===- Error.c - each thread's last error ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sentence lies in memory of the thread that failed, found by a pthread key:
// thread-local variables of a shared object that is loaded late cost either
// static TLS space, which is scarce, or a dependency on the dynamic linker.
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct error_text {
  struct error_text *next, **link; ///< all of them, so that unloading frees them
  char text[1024];
} error_text;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static atomic_bool has_key;
static error_text *all;

static void free_text(void *memory) {
  error_text *text = memory;
  pthread_mutex_lock(&lock);
  *text->link = text->next;
  if (text->next)
    text->next->link = text->link;
  pthread_mutex_unlock(&lock);
  free(text);
}

static error_text *get_text(bool create) {
  if (!atomic_load_explicit(&has_key, memory_order_acquire)) {
    if (!create)
      return NULL;
    pthread_mutex_lock(&lock);
    if (!has_key && !pthread_key_create(&key, free_text))
      atomic_store_explicit(&has_key, true, memory_order_release);
    pthread_mutex_unlock(&lock);
    if (!has_key)
      return NULL;
  }
  error_text *text = pthread_getspecific(key);
  if (text || !create)
    return text;
  text = malloc(sizeof *text);
  if (!text)
    return NULL;
  text->text[0] = 0;
  pthread_mutex_lock(&lock);
  text->next = all;
  text->link = &all;
  if (all)
    all->link = &text->next;
  all = text;
  pthread_mutex_unlock(&lock);
  if (pthread_setspecific(key, text)) {
    free_text(text);
    return NULL;
  }
  return text;
}

int32_t dlc_error(int32_t status, const char *format, ...) {
  error_text *text = get_text(true);
  if (text) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text->text, sizeof text->text, format, arguments);
    va_end(arguments);
  }
  return status;
}

const char *dlc_error_text(void) {
  error_text *text = get_text(false);
  return text ? text->text : "";
}

void dlc_error_shutdown(void) {
  if (!has_key)
    return;
  pthread_key_delete(key);
  while (all) {
    error_text *next = all->next;
    free(all);
    all = next;
  }
}
